"""How surprising pairs and triples of signs are in logs, in bits; made by `tests.bench.grams`."""

# Lower case, digits as 0; each text is a run of grams of one level.
PAIRS: dict[int, str] = {
    3: ("00"),
    6: (" 0-0.00 0.0::0in"),
    7: ("   [ c0-0]: ] aratcoederleonorrestti"),
    8: (' a i m s",":,"/00,:"accacechd dee ecenesetfoheicioliloman nfngnto r ros set tateve'),
    9: (
        ' " - / b d e f h l o p r t u w" , ,0.c.e0"0/0t=0[0adalamanapasblckclctdae.eaelevexfig gehohtidie'
        "ilisitkellmempmsnandneninnnoocodomotpaplporartrvshsisst0thtotptrtstturusutviwa"
    ),
    10: (
        ' \' ( * < n v"0"g"m"s"t+0- .a.g.s/m/s0>0b0c0z<0="> [c[i[m[p][_0a0abagaiaub0bec ccd"didsdue"e-e0e:'
        'e]ebemepfafrg"g.gogrhahiimivk l lam m.moncnso.o:ofogoloooposouowp p/pepippprqur-r.r/r:r]rcrirnrr'
        'rsrys"s.s=sasgsusyt.t:tctuueulunupvawixay ys{"'
    ),
    11: (
        ' + ] g k"-"c"i"l"p"r#0(0) * -"-m.d.i.j.m.r.t/a/c/w0#0)0+0a0d0e0f0m0}:m:t; =i[n[o[s[w]:a a.a/ahav'
        "ayb b-babibsbubyc.c0cbcicrcud0d:d=d[dbdddfdldoe/e=eeefeieqeweyf f0fefsg:g=giguh h0hri0iaifigiriz"
        'jajok_kikul"l=lkltlulymimqn"n.n:n]nvo]oaobokp-p.psptr=rdrgrkrmruscsksospsrt"t/t=ubucugv0wewowwyn'
        'z z"'
    ),
    12: (
        ' j q"/"a"d"e"h"u"w"}$d\' \'/(s):*0->-a-e-n-s-t. ...f.h.l.n.p.w/\'///i/l/o/p/r/u0\'0;0_0s:/:n=/=c[a[e'
        '[h\\w],_mafaxboc"c-c/c:cscyd,d-d.dge$e_egffftfufyg/g]gagcgggngsh"h.h=i i/ipjekakgl-l.l:ldm:mbmdmm'
        'n/n=nko"o-oiovoxoyozpdphpuq-qpr"rls-s:s\\s]sfslsnt-tltyuduiumv/vhvow w.whwnwrwsx x0xcxexpxsxty"y-'
        "y.yizezi{0}{"
    ),
    13: (
        ' = x"]"f"j"k"n"o$p\')\',()(u(x),---b-c-d-f-p.b.o.u/[/b/d/e/f/g/j/t/v0x:\\:c:e:i:{= =d=g=s=t=w@s@w["'
        '[/[d[t[u[y\\c]/_c_e_f_ia"a-a:a@aaaeakb,b]bbbdbhbjc]cmcpdcdjdmdye,eheoeuf-flghhdhuhzi"i]ibikixj.js'
        'k"k*k:kbknkpksl/lsm"m,m/m_n-n_nuoep"p0p:pmqlr_rbs)s,s/sbsdsmsqswsxt(t)t]t_tmtwufuouxv:w/x,x/xiy/'
        "y=y]ycyeymyoypytyw},}}"
    ),
    14: (
        " \\ y {\"$\"b$0%)':'n'p'r's(/(c(n(t(v);***v-l-q-r-w.k.x/\"/h/k/n/q0%0\\0j0p:d:s=[=e=h=m=p=r?p@t[_[g\\\""
        "\\0]\"_b_d_k_p_t_ua'aob\"b:b=bcbfbrcdcfcqd'd)d/d_dhdndpdrdte(e)e;e{fbfcfdfkg)g-gyh-h/h_hchpi.jvk.k="
        "kml'l_lclhlrm]mgmlmnmtmyn'n(n0n[nlnpp'p=pcpgpyr0rfs's@s_t,t@t[tdtftgtxu0uauuvlvmw\"w0w]x\"x)x.xlxy"
        "y)y:y_z_za{e{k})"
    ),
    15: (
        " # ;\"q\"v'0'a'b'c't(a(d(i(k(m(p(r)=,d-k-o-u./.q.v.y/ /.0?0h0l0n0r0v0w0y=(=a=n>,?n@[@e[f[r[{]@_a_g"
        "_n_r_s_wa]b.bnbpbtc(c=cjd]e'e[f\"g0gmgph]hbhlhmhni=iqiujijrk-k/k0khktl0l]lplqlvm-m=mcm}n$n?n@njnw"
        "nyo_p)p,p@pfpkr$r'r)r,rhs?s[svt'u:vcwtx(y(y0ybydzozv{m{w}]"
    ),
    16: (
        " > @ z | ~\"\"\")# $t% '.'d'e'f'g'h'i'j'k'l(\"(b(e(f(o))).-g0(0g0o:?:a:b:g:w<-=<=b=f=j={???\\?]?l@0@d"
        "[ [][b[l[q\\?\\u];]]_h_l_oa$a)a_aqb'b/b@bgc,c_cgcwd(e\\ejf.gdgfgjglgtgzh)h,h:hhhjhsh}i-j0jcjkjzk'k)"
        "k@k]kzlfm'm0m>m@mvn)n,nmnxnzo/o0o=ohp[p_pvpxq.q0qbqtqyr(rzs0tbtju=uvv vbvpw-wcwdwgwpx-x:x=xjxoy'"
        "y@y[yfylyzz.z0zqzxzz{n| ~["
    ),
    17: (
        ' . :"@"["z#o#u$u%,%]\'\'\'m(_(g(h(l(w(y,c,s,t.".z0i0k0q0u:::f<i=k=l=o>0@a@c@m@n[[[j[k\\\\\\b\\d\\e\\f\\h])'
        "__a,a;ajawazb\\c)c[c\\cvc}d\\e#e?e@e}f:f\\f]fpg'g,g[g_gbh[hfhkhvhyihjdk(k[kckfklkolgljlmmunhnrn}ojp;"
        "p]pwp}qgr#r[r\\rjrps(sjt#t;t>t?tntvu ukv(v,vsv}xny,y?yjyqyrzt{-{d{f{g"
    ),
    18: (
        " }! \"y#l$a$c$r'o'u'w('(j)\")\\)]+c,<,a,b,n,r,u-v.</;:x=-=u>(?)@ [v\\a\\x_va[a\\a}b)b[bvd;dvdwezf=fqfx"
        "h'h(i)i,i:k,kdkrl(l)l,l@l[l\\lnlxm(m)mfmhnbo(o>p(pbpnq]qcqhqsr;r?rws;t$t}vnvyvzw(wfwjwuwvxbxfxmxw"
        "xzyayhyuyxz]zdzhzjzy{ {a{c{i{s{}} "
    ),
}

TRIPLES: dict[int, str] = {
    0: (
        ' #  +0 -  ./ 00 :  ;  <0 =  >  ][ in qu re x0 ye zo |  ~["" ",""-""00":""@t"ge"jo"le"qu"re"va"ye'
        "\"za#00#on#up$da$pa$re$ti$uu% r%);%, ', '. ': 'ca'fa'gu'ha'iv'je'ki'le'no'up'we(\"u() (/u(00(__(id"
        '(je(ka(re(un(v0(x0(yo)) ), ): ); )=()\\")],****00*v0+00+co,00,ap,dc,no,re-" -00-> -lo-ma-ni-qu-re'
        '-wi." .00.<i.fs.go.qu.x..ym/ h/" /../; /[0/bi/ke/ma/no/qu/re/us/v00#00(n0+00-00.00:00; 0> 0?p0\\c'
        '0] 0_00l00ms0oo0t00v00x00yd://:00:?]:\\w:au:ba:c :de:er:fa:go:in:m :no:ti:wa:x :{"<-><0.<in= 0=(0'
        '=-0=00=["=ge=in=le=ma=or=up={">, >00?).??\\?\\c?li?ne?pa@[u@ap@ca@db@ex@mq@no@sh@ti[ 0[/o[00[],[_d'
        "[er[ht[in[jo[ke[no[o.[qu[re[ti[un[vi\\??\\cb\\ha\\us\\wi\\x0], ]/[]: ]; ]@[_00__c_ba_co_do_ev_fo_gc_ha"
        "_kb_na_wta$da) a, a/0a:0a; a\\ca_sageah0ajaaqyawaazea}{b) b, b-0b: b[0b] bgpbhobjebpsbroby c(0c, "
        "c-0c[0c\\cc_mcbsccecjrcqucurcv(cwoc}{d, d: d; d[0d] datdfsdgedjadmidvody e#ue) e-0e: e; e?pe@0e] "
        'ehoeiveouequeueevee{kf: f=0f\\cf] fkafrofulg":g):g, g-0g: g="gfiggeglegnago:gz h):h, h00h: h[nh_b'
        'hbohd[hkhhlohmehnnhtthvch}{i)]i00i:/i="i],ihhioniquireiveizejc0jirjvmjzak* k: k=0k[0k_0kb0kgrkma'
        "knokpokrekzel\":l' l-0l0jl: l=il] lg0lhaljolk_lrelvem) m, m: m>,m] mcamgcmmamtpm}{n$0n, n: n=0n?n"
        'n[0n] nbonfonjannenponrenw0nx/nz0n}{o",o(bo-0o.eo:0o=<o> o] oadoesojeozip) p, p/0p; p[0p],pbapda'
        'pfapkepm_propv0pwdp}{q-0q00q] qcaqgjqp qtiqueqybr$0r\':r, r-0r: r; r?pr[0r\\"r] rg.rjorkerrorzzs":'
        's, s; s=0s?lsbisdbsfusjksnasqlsvcswosxst#0t, t00t: t; t>(t?pt[0t] tfitgrtjottptvotx"t}{u ru00u: '
        'u=puatuccudiuffuk uotux v()v, v:0vbtvhovicvlevmgvnevpxvssv}{w()w.ew]"wcjwebwfiwgeworwp-wt0wvex":'
        'x(sx) x, x00xamxcexecxjzxlixn}xooy(ty),y, y[0y] yb0yd0yfiyinyjoyliymeyncypeyqgyreystywayzez lz",'
        'z.cz_czdezilzq0ztlzvozxozymzzx{"t{-p{ap{ca{es{fu{gy{ki{m}{no{wc}):~[e'
    ),
    1: (
        '    \'/ (0 *  @0 \\" bl co gr ht ke lo ma no to us"$d") "[p"ba"de"ht"in"ke"ku"ms"no"of"pa"se"ts"us'
        "\"wa# s$0.%] '':'/''00'ba'bo'de'er'ex'me'pu're'sh'st'tr(at(cs(de(ex(fi(ha(le(mo(no(ob(or(pl(we). "
        ",cl-- --q-b0-c0-d0-ex-f0-ge-ke-oc-pr-sy-th-ut..../ ./..ap.ba.co.da.e..ex.in.ke.lo.m..me.no.ob.re"
        ".se.st.up.ut.ve.wa.wo.zi.zo/',//w/00/ap/ca/de/et/ex/fa/fe/ga/gr/he/in/jo/lo/op/pr/te/ww0 00\" 0%)"
        '0, 0,00/00000a00b00c00d00e00f00h}0io0kb0pr0ru0ws0z 0z"0}{::b:s =ba=co=de=di=er=ex=fa=he=ht=je=ki'
        '=n =ru=ts=wa@00@0x@wa@wi["h[[m[ap[bi[co[db[fe[fu[gc[mo[pi[sc[wa[ye[yo[{e\\00\\\\"\\\\\\\\b0\\d0\\de\\e0\\f0'
        "]) ]).][i][o_au_id_ma_ms_of_pk_r__tm_un_uta\",a' a')a-0a00a@waa0ablaemailainak ampaofappautaviaxc"
        'b":b\' b\')b/kb00b="b=0b@wb\\"b\\cbacbbibc0bf0bilblobnabnzbs btdbtrbugc [c":c) c.mc00c: c:\\c=cc=ec]['
        'cd0cf0cgichecinclicmdcmoconcp crecticycd",d)=d-0d00d\\cdb-ddedhcdlednodowdpodr=dtidure":e$de$pe(s'
        'e, e.ce/0e00e="e[0e\\ce_mected eedegiejoenteplewaexaeysf-0f.cf00faifb0fc0fd0ferffefilfleflufo fpm'
        'fs.ft-g\' g.ag0sg[0g] g_sgatgb[gb]ghtgingjegjogmagmegp]gp}gragrogtagurgy h":h-0h="h=/hanhclhcphfi'
        'hhkhjohjrhp hrehrohy"hz hz_i  i" i",i,ci-ai.ii/vialib0iceid ienifyikiileimeippiumix)j.jj0sjavjdb'
        "jecjenjk0jk_jobjrzjs k\" k' k00k@wk] k][kagkclkcokerkhtkinkliklokofks.kthktrkubl@dl_tlcolm lpelth"
        "ly m 0m' m(am-0m.em/\"m0bm=0m_emarmd[mfiminmn0mntmonmplmq-mqpmsgmulmv,mv}my-n\",n' n()n):n/an00n@w"
        'n_mnecng nh"nhankinknnlonlynmanminodnotnuxny nylo/go/po0oo_ho_wockodeof og:oheoicoinollookostoti'
        'oveoviowsox/oxyp":p(0p-0p-np00p:/p@spacpgspidpleptipubpxlpytq.lqbnr",r":r.gr/0r0 r00r_kratrbarch'
        "rf rhormarunrvis' s')s) s/0s0ws: s:/s@ss@ws[0s\\wsavsersg\"sg=sk slosmtspostasucsynsyst\",t\":t$rt' "
        't(vt-0t=0tbetbrtc tdotiotmptnotortp/tustwatypubeuesug uiduleumeurauseuuiuumuviv 0v tv/wv0.valvc"'
        'voiw" w-0w00warwd.wd=whewhiwinwitwn]wriwwwx xx.ix/0x: x=0xisxpoxs\\xsext=xy:xy_y",y\' y-0y0ry: y:d'
        'y?)y?py@wy_uyclyelyotyouyteythz0jzatze zedzonzoo{00{di}, },"}] }{0'
    ),
    2: (
        ' "- "g *0 /0 /s @  [0 \\? ap by de er ev ex fi fo fr ja je jo ku le ms na on or pa po pr se st up'
        ' ut ve vh wa wi {e" "" 0"$t"/s"ap"at"bi"ca"co"du"ep"er"fa"fi"he"mo"ne"op"or"po"un"up"wr"})# c# u'
        "' a' i' r'):'/u'ad'an'at'db'in'ja'po'ra'ro't (ap(ba(bo(bu(ca(db(di(er(et(fa(mq(na(s)(se(ss(te(th"
        '(to(ui) f)."* b* f,"m,"s- -- [-a0-au-da-e0-gg-kn-on-p0-se-tl-up. s./i.bi.c..ca.de.he.ho.ht.io.j.'
        ".ja.js.ka.la.na.or.pr.pu.q..r..ta.tr.we/0./bl/co/da/im/ja/la/le/me/ng/or/pa/se/sr/ti/tm/up/we0% "
        '0\' 0) 0/m0gb0h,0j00jc0jv0n00n]0nd0p00pa0rv0s]0wo:"0:se; 0; l; r="r=an=ap=b0=bo=ca=f0=fe=jo=ke=no'
        '=po=pr=re=ro=sc=se=sh=tr> (> 0> c[au[b0[cl[de[gr[la[le[lo[ma[po[sr[we[wo[{"\\" ] []]"]])]]]_ae_at'
        "_ge_in_la_ld_li_ou_pa_pc_ro_se_sha ca.sa@sa@ta] aaaachackae0afaafkaftakeakialiameandaodapaar art"
        'aseastataateatiaudausavaaveaxtaymb ab mb.ab.bb@sbasbd0bdabdibelbinbitbleblkbobbscbstbufc",c/0cac'
        'catce]cescilcjock ckeclocomcpucrocsecsicy d 0d" d":d(sd.gd/0d="d=0d=gd_cd_idb dc0dc=dhedindisdit'
        'dlldnsdp0dradreds dtrdule()e,de=0e[qe[te\\he_fe_ieadeb-ebuefaeinejeel"el=eleepoeptervessestet evi'
        'ey ey"f 0f tf" f",f"}f.0fbifdgfeeffsfigforfsnfteftwfy fyig/0g0ng][gc gc]gcmgd gd"gd:getghugisgre'
        'gsegthgusgy0h ch sh" h/0harhedhilhivhophoshp:hs hs"hsehudhuphuti li.pi/0ifiigniguillinfingis ist'
        'itiiusix/janjoujr"jspk bk",k":k\')k-0k-sk.wk/0k0 k@sk@tketkeykhvki kupl.sl/0l/bl_dla/laslchld lds'
        "lfelfiliclielinllelocloglprlqblquls)lselteluglusm')m->m.mm=cm@sm@tm@wm_umb,md mesmetmmimozmpomys"
        'n" n":n) n-rn-tn0dn0zn@sn_nnamncend ndeninnisnpunt nupnvanvenvoob obeobjoceoexofiok okeom om.omp'
        "on oolop opeot ounouroutow ownoyioyooywp cp\" p' p')p',p.hp.tp: p=0p@wp_lp_mpc pc.pcopctpenperpfi"
        'pgrphppinpliporpp-pp.ppipplps:pshpstpulql"ql_r 0r" r(\'r(sr) r.sr=crbirderdsrforhjricrlarllrmirn '
        "rnarniromrorrrers rtertirulrvery s-0s-ms.ds0as?ps@ts[]s\\0s] s],s_is_psagscaschscosdasheshosinsio"
        "skssl:smasmvsofsonsouspasr/srvssisumt) t-wt.gt/0t=tt@wt_0t_ftartchtd0tedtemterth thetldtlstlyto "
        'tratretryts"ts=tuptwotxtty ubludsugiuirullumiundup updutcuthuv0v00vcovelvervolw fw",w-pw0cwn wro'
        'ws ws-ws\\ww.ww/x-px-rx.sx/sx:/x=rxitxlqxpexpixt y":y\')y-ay.ay.wy/0y="y=0y@sy@ty_tybeycoyetymlz00'
        "zao{0.{db{we| p| t| u}];}},"
    ),
    3: (
        ' "m #0 -> /a [c [p ac ah ba ca ch cl df di du en fa ga gc ge gu ha he hi ho ki li me of op te th'
        ' ti v0 va we wh {n" m"$u", "/a"/p":0"ac"au"cl"el"ex"fe"fl"gr"ho"i""id"ip"me"na"ns"ok"pr"sh"st"to'
        '"ve"we"ww"},"}}$0 $0#\'0d\'co(0:(ab(co(in(ki(pi(po(ro(si(tr) a) c) w* 0* d* n, 0, c, i, s,"l,db,de'
        "-ac-bf-cl-dn-ku-of-un-wo. a../.0..a..dl.fe.fi.i..ic.im.jo.jv.le.ma.n..ni.on.pa.ph.ru.th.ti.tl.v0"
        '.va.vi/ [/\':/.g//0/ar/au/di/do/el/ho/ht/is/ka/ku/o /pg/sb/sh/st/va/wo0",0"}0%,0):0,"00 00:0\\"0]['
        '0d-0e-0gc0jk0nh0s:0y0: 0:"i:\\u:ni:ss; u= i="c="s=/e=/l=/s=a0=ad=bi=mq=pe=pt=ss=ti=we=wi> a["d["k'
        '["m["s[0][ca[es[ga[ho[pr[ss[{n\\""\\")\\"k\\c:] "]",][0_ad_sa_st_te_th_ty_wa_woa fa sa ta" a":a"}a.a'
        'a.cabaabbabeabsaccactad ad-adaaddadeaesaf0al allamqanaangannanoantaorapiarnas askaulay ay"ay/b f'
        'b sb",b.eb.jb@eb@tbb0bc.bcabe be-berbhnbidbliboabodboobotboubrabrebytc 0c.ac.cc.rc.sc/cc:ecalcb0'
        'ccocdace ce"ceicf-chachickackgcleclucorcpacracs ct ctocutcy/cy=d\' d) d. d.jd:"d_ad_pdardcoddsde-'
        'dedderdexdgydiadirdmodocdoedpudrids.dsedyce" e",e\' e.se0\'e:nealeareateb ebheceecoed"eeneepeerefe'
        'eflefoefregoegyehlem:emdemeemoempeofeoper es eteetreugew ewrexeexpey=f sf"]f-afatfaufecff0finfla'
        'fo]frefsefy/g ag sg",g) g..g.dg0vgadgargc_ge gerggrgnegnogo.gs gs.gs=gsqgungyqh",h-ch-ph.ah.ch.f'
        'h.gh.nh.sh/rh0:h_thashchhd:he he.heahiphithodhooi":i.si/oianiatib/ibuicaid=ifeig.ighik imaimpip"'
        'iseishiteithitoiuvivaiviix"ix(izaj.wjarjvbk 0k ak vk-lk-ok-rk-uk.ck.lk.sk/cka.kafkimks kscl 0l p'
        'l rl" l.cl0cl:il=wl_ilablatlcalclld"ld=ldale le.ledlerletlevllallillollyloaloslpolq-lq.lq]lqcls '
        'ls.lt/lualuely-m [m" m",m.am/sm_0maimanmcgmd-md=medmenmicmilmitml/mlcmovms ms"my.n 0n mn\')n\'tn(t'
        'n-0n.gn.nn="n@tna.nagnalnchncinclndondsnennernionitnjons nsensxnt:o  o [o ]o co do.soarob]ocaoct'
        'od=offoftog oggogiok"ok=okuol ol-olionnootop/optor oreorkortoseosiotaoteoxip up",p.cp0bp0lp0pp@t'
        'parpatpd[ph"ph.ph/phapi/plopmapodponpooposprepript/ptepu:putpy"qbuqlaqlsquiquor  r\' r.ar/sr0nr="'
        'r=hr_0r_cracranraprb=rc:rcerd rdbrearecreqresrf.rfirherifritrk rl/rl:roursersirt rturuery"ry.ry]'
        's  s is ss" s",s),s-ds-ss. s.fs_escrshashdshisigsitsizspesr]srcss ssassfsshst stestrsv t /t 0t c'
        "t\" t')t()t(tt):t.ht.tt/st:nt@at@ct@dt@mt@nt_ataltattcotd[tditduthothrtictimtintlatmltp-tpstritro"
        'ts ty-u0juceuchue ufdug"ug]uieultum umbuniunkuntup.uplupsureuriurnurrusrutiuxjv/av0bva.va:vanvc '
        "vedvenvinvo_w qw rw sw tw/cw/swaywikwilwn[wnlwsux [x sx0 xiexinxt.y cy fy py sy/vypozaa{mq}{e}{m"
        "}}}"
    ),
    4: (
        "  0  c \"c \"h \"p \"s 'a 'n 'p 'r 's (s (u (x *v -- /l /t 0  [a [i [m [n [s [w \\d a  ad am an at au"
        " be bo bu da db dj do id is mb mi ne oc ou pe pi pl ro ru sa sh si su sy ta un ur vo wo yo {  {a"
        ' {c {d {m {w" e" p"/c"al"ar"b0"bo"br"c""ct"db"di"ev"ga"im"ji"li"py"ro"ru"s""sc"sy"t""tr"uu"wg"wi'
        "\"wo$do' -' t' u'/s'pa(am(ti) \") i) l) r, a, r, u,\"p,\"t- r-ap-as-ba-bb-bc-be-c\"-c]-cb-cd-co-dc-ev"
        '-fa-fb-fc-fd-fe-fp-le-po-ro-sn-sp.  . (. 0. [. b.0".0>.ab.ad.al.bc.be.bl.cl.ga.h..ku.ne.of.op.po'
        '.py.s..te.un.uu/",//a//c//d//m//n/br/cu/db/en/fi/gu/hr/je/ji/li/po/ra/ro/sm/sy/wp0 [0 i0 m0 s0"]'
        "0%]0-m00-00.0: 0]:0_m0_r0a-0aa0ab0ac0ad0ae0af0b-0ba0bb0bc0be0c-0ca0cb0cc0cd0ce0da0db0dc0de0df0ea"
        '0eb0ec0ed0ee0ef0f-0fa0fb0fd0fe0ff0mb0mn0so0xn0yx0},0}}:  : \': /: c: s:"/:"c:"r:"s:"w= u="0="a="f'
        '="g="w=/c=/g=/h=/i=/u=0 =[0=[]=ar=cl=db=e0=ha=me=pa=st> m> r> s[c.[el[mp[mq[ne[se[sh[su[t#[up\\"b'
        '\\"c\\"r\\"s\\"w\\0a\\0b\\0e\\0f] 0] <] a] c] o_ce_ec_fa_fe_m__me_tr_uka 0a [a\'.a\':a-ba-ca-ua.ia.ja.la.u'
        "a/ca0 a0-a0ba0ca0ea0fa: a@eaa-aacaaeab0abiacead.adiadmaffaitalealoaltaluam an ansao.aphar-ar/arc"
        'asoassat atuax ay.ay=b 0b" b"}b0-b0.b0cb0eb0fb:0b=sba0bagbb-bc-bcbbcebcfbd-be/betbf-bfcbfebffbfi'
        'c cc" c"}c/ac/ic/mc/pc/sc0-c0ac0bc0cc0fc] cancarcaucd-cdbcddcdecdfcepcfccfdcfecfich ch.chrck*ck:'
        'ckpcpecs"cs-csrctecuud ad bd fd od sd td-ad-ld.cd.rd.td/ad/cd/md/rd/sd0-d0bd0cd0dd0ed0fd_sd_wdb:'
        'dbldc-dd0ddiddrde$debdeldendepdf0dlidlyds=dsodstducdupdy"e 0e [e ae ce fe ie re se te,"e-se.ae.d'
        'e/pe/re0-e0ce0ee:"e:ee=/e=we_ce_geameasec-eckecuee0ef0efiefuegaeheelaem.em/emsenaendepaeprer-er.'
        "er:ereerrersespesyetaethew.ew/ex,excexiexsextf cf hf rf uf-bf-cf-df-ef-ff0-f0af0bf0cf0df0ef0ffa0"
        'farfavfb-fbafbcfbdfbffcafcbfccfcffd-fdafddfdffe0fetffificfiefirfo"fuffurfy"fy-fy.fysg [g bg cg i'
        'g rg tg ug wg" g/cg/gg/pg/rg/sg/tg=0gacge=gedgengesgh gidgotgs"gs-guih fh ph rh. h/ch/dh/lh/mh/s'
        "hcohe-he0hechenherhishothouhp/hp0humi ai ei hi ii ji.ei/ria.ia/ib ibdiciickid\"iediesiewik'ik@ilt"
        'imiin indio-ip ipcipfiptipvir0irairrisiiskispissit"ityj.bj.cj.pj.sjasjvnk ck uk/sk:"kb,kbykenl b'
        'l el fl hl ml ol sl",l-gl.jl.rl/cl/fl/sl:wl=0l=dlanlayleclidlisll lowloylt=lurly.ly=lyclyzm cm u'
        "m.jm/am/cm/im/rm:0m])mapmatmbdmbembpme=meomermismmon  n <n an fn rn tn'.n(sn-qn-sn-un. n.en.in.j"
        "n.sn/0n/en/mn/pn@en]@n_fnannapnatnc ncond:ndandlne:nednelnfing.ngenienixnk nnano nonnornownsinsp"
        'nstnsunt.nt=ntantentintrnuenulnumo mo.rob"obsocood"odsog.ok/ol.olaoldolhommon:oneonfonsontoopoor'
        "op'opior]ordorgormoryosootootsoupousow\"ow]oy ozqp (p ap ep ip kp lp rp':p,ap,dp-lp.ep.pp:np:wp=a"
        'p=cp=ip=rp=spagpaspaype pe:peapecpeeph ph-pi]plupm poipolppeps,psept pt"pt_ptapy]ql qldr dr pr s'
        'r.jr/lr0/r=0r=dr=mr=sr_oragrdire:redrefreprgergiri/ridrierikrinrizrlirm rm:rm]rn"rn]rnerocrolron'
        "rotrs\"rs.rs/rsart.rt/rumrv/ry)ry/ryis 0s [s as cs hs ts ws':s-cs.ss/ps/ss=[s@es\\bs_csa safse sea"
        "secsedsessetsh0si sktsl sl_slasocsorsp=ssesslsswst:stosubsuesupt ht pt st-at.ct.lt.st/ct/dt/gt/m"
        't/pt="t=/t=ht=rt@st@tt_rt_ttabtactantastc/tcpte tentfoth"th=tidtlitmatoctootp tp:tsdtteturty.ty='
        'u0xubdudeuerueuughuldum-unaungunnuorurcurlus us"us=ustut utov/cv/sv0/varvatve view 0w.rw/0w/aw/g'
        'w/iw/lw/mw/pw/rw/ww0sw] waswatwedws"wsmx ex px.hx/hxt)xtey by iy ty) y-sy-ty.cy.ey.gy.iy.sy/cy/p'
        'y/sy=ay=dy=py=sys z 0z hzeu{"${0n{0y}{w'
    ),
    5: (
        "  [ \"/ \"e \"i \"w '0 'b 'c 'e 't (/ (c (i (n (r /c /d /f /h /i /m /p /r /u /w [e [h ]  ar cb ce cr"
        ' cu el es fu hu it ji kb la mo mq ob pu ra rv sc so ss tr ty u0 vi wr ww x-" d" f" n" s" t"/g"/i'
        '"/l"/m"/r"/t"/u"/w"0.":{"] "a0"cr"cu"da"e0"ec"es"f0"je"la"lo"ma"ob"sl"sq"su"ta"te"ti"}]\' d\') ) ~'
        '* m* r,  , h, n, p, t, v, w,"a,"c,"d,"e,"i- *- 0- a- c- d- i----0]->0-aa-ab-ad-ae-af-a}-b.-bd-bu'
        "-ca-cc-ce-cf-ch-c}-db-dd-de-df-du-eb-ec-ee-ff-pi-tr. d. r. t.. .ac.ar.at.au.br.cr.d..di.do.el.en"
        '.er.fo.gr.ha.id.is.ji.lu.mo.oz.p..pl.sc.sh.sn.sy.t..tx/ad/ba/bo/ib/mn/ph/pl/ru/su0 "0 +0 -0 c0 d'
        '0 u0 w0))00]0>,0\\x0]/0_p0a"0bd0bf0bg0bh0c"0cf0d"0dd0dp0e"0f"0fc0m,0s00ss0xf0xs0zv0}]: ": *: a: b'
        ': f: h: i: n: p: r: t: u:"d:"e:"m:"p:"u:tr; c; d; f; n; p="/="d="h="m=/a=/k=/m=/p=/r=/t=/w=d0=gr'
        '=gu=sy=te@we[/u[d0[ex[me[my[or[sy[te[to\\"0\\c0] l] s][w][y_0 _mia da ha la na wa"]a-aa-da-ea-fa.b'
        "a.ea.ma/da/ia0aa0daabaadaafacrad0adyae-aedaeeaf-afeal'al/amaancap apeapsardareatcathattaxiay-ays"
        'b wb"]b0ab0bb0db0hb],badbalbbcbbdbbebcdbdbbdcbddbdebe0beabecbizborbs"bs@bulbutc ac fc sc vc-ac/g'
        'c/jc/lc/rc/tc/uc/wc0dc0ec:bc:sc]"cabcascc0ccucd cdcce.ceecelci cifciock"ckmckucolcoucp0cpscs.ct.'
        'ctpctrcumd (d cd gd id ld pd wd"}d-dd-od.dd.fd.nd.sd.ud/id/pd0"d0(d0ad0vd:/d:ad:sd=/d=pdaedapdb0'
        'db=dbodcadcbdcfdcldcrdd de defdesdevdjodlodmado_doidomds"ds,ds?dscdshduee "e -e /e be de ee he l'
        "e oe-ae-ce-pe.ge.ie.je.me.ne.pe/ae/ce/ee/fe/je/ne/se0ae0be0de0fe0we:ie= e=se=teaceakeaneb0ebaeca"
        'ecyed,ed:edeedgedieduee eg)egmel el.el:eldelleloem emaen en"enceneenienker=eraeriermes-es=eseesh'
        'et"et.etcetsevaew"ew-eweewsex f *f [f ff of0"f0mfamfdefesff-fixflofsdfusfycg  g 0g dg fg ng og p'
        'g.eg.gg.pg.sg/ag/ig/lg/mg/qg/wgaigclgcoge:ge_gg0ggigrgh "h 0h bh ih mh oh.th.wh/ih/wha0hakhathe/'
        'highinholhonhorht.htli/cia ia"ia-iasib-iblicoicsicyid:iddidsielierietigmil.iliim in]inaineiniins'
        "intinvipeiscit it=it@itrix ix:ix=iz.j.hj.ijepk [k ok:tk_mka/kedkeeki.ks\"ks-l dl tl'.l-sl.al.gl.l"
        'l/al/pl/rl=ela larldeldmlealenleslitlizll"lools"ls-lsilt ltiludlumm /m om rm sm tm.dm/lm/mm/pmal'
        'masmb mb"mbimbnme me/me:memmirmmemormotmp/mpampmmptms]n [n cn dn pn sn un.mn.pn.rn.wn/cn/gn/sn/t'
        'n:en_gn_una na@nc"nc.nc/ncyndine nexng"ng/ng]ngingongsnicnidnignnins"ns.ns:nt(nt/ntontsnuto ao b'
        'o lo so" o.co.iob@oboobtoc]od oduodyog/ok)ok-ok.okholuom/omeon.on=ondonioo oppor.or:oraorsoulov '
        'oweox oy\'oy@ozep 0p dp hp sp tp-ep. p.gp.sp/pp/wp0 p0.p="p=gp=ppalpe.pe=pedphspi"picpirplapm.ps-'
        "pt=pu ql.qlpr \"r 'r [r br cr hr ir mr rr tr wr.cr.rr.wr/cr:0r=ar=pr=rr_lrabrarrblrd:re re.regren"
        'retrgrriarimrk"rkzrmorn.robrofroorowroxrr=rs-rstrt"rt-rtsruxrv:rvlry-ry:s (s bs ds fs ns rs,ds-k'
        's-ws.cs.gs.is.ts/ s/;s/as/cs/ds::s=ns\\as\\cs\\ds\\es\\fsacsatselsh"shusk]sk_slisolsr0srfssusulsunswv'
        "t 't *t bt dt et ft ot tt wt(rt-ct-dt-kt-pt-st.at.et.pt.rt.wt/at/it/lt/rt/tt/wt=dtadtaitamtaxte."
        'te:testewthztiatiftletlgtm0tmqtomtoptottp0tpdtprtr"truts.ts/ttattittrtuctuiuckudoue.uenuilul ump'
        'un un.uneup)up,up=usausiut,utev/gv/iv/lv/mv/pv/rv0"vacvisw dw hw lw.sw/dw/kw/ow/twaiwalwerwrawre'
        'wsex 0x ox/cx/py \'y (y [y ay hy ry" y"}y.dy.ny.ry/ay/gy/iy/ly/my/ny/wy=cy=nyciyedyeryntysqz" ze:'
        'ze=zelzen{"r}{-}{d}{f}{g'
    ),
    6: (
        "  d  l  s  t \"d \"k \"o 'd 'f 'g 'h 'i 'j 'k 'l (a (d (k (m (p /e /g /v <- [/ [d [t af ag al as av"
        ' bi br c: cm cs dh ed et fe im ip ld ph qb rd rs sl sr tc tl" a" c" g" i" l" o" r" u"/d"/e"/j"/k'
        '"/n"/o"/q"/v"0a": "ad"an"ch"d0"eo"go"ha"ki"pe"ph"ra"sv"ty#0]\' (\' c(0 (0.) \') 0) h) t* c* s*0 , "'
        ', d, e, f, l,"j,"k,"o,"r,"u- "- s-",-a.-ea-ed-ef-me-sl-st-ti-to. c. l. p. w.0 .c(.ch.ev.ge.gz.hu'
        ".je.l\\.li.mi.nu.pd.sl.su//j//l//u/a//aj/at/mq/my/un/wi0 *0 a0 e0 h0 o0 p0 r0#o0).0-e0-t0/b0/p0/u"
        '00,00/0:m0:t0ai0b 0b"0bu0c:0d 0m-0s 0s"0sv: [: d: w:"a:"b:"g:"j:"l:"n:"t:/r:th="i="k="o=/b=/d=/f'
        "=/j=/o=/v=0)=0,=c0=iv>  > n> u[a0[al[ar[e0[id[ni[pa[ph[st[tr] d] e] f] i] m] p] r] u]:0][d_0'a i"
        'a ma pa.da.qa.wa/pa/sa0"acqad"ad/adgadsaeaaecaexafbafcafdafiag"aggagsal.al:alaalralsam,am:am_ami'
        'an.anjanuaprar]ariarlarsaryas)ashasiaspasyatoaugay]aybaycayeb (b [b ib lb pb tb-ab-bb0 b0"bapbb"'
        'bbabbfbeebefbicboxbu0buibysc hc pc"]c-bc-cc-dc-ec-fc.dc.ic.pc.wc/ec/fc/kc/nc/qc0 c0"ca cb-ce/ce:'
        'ce=ce_cerce{ch-ch/ciecirck-ckicksclacoycricrucsocspcsvct"ct/ctxcuicuscy]cy_d -d =d nd ud-bd-cd-e'
        'd-fd.wd0 d0tda0dasdb]dbadbcdd"dd-ddadddde"de=detdicdiddo do:dofdondords/duie \'e ge ke me ve we")'
        'e"}e$0e-be-ee.ee.he.ke.le.re.te.we.xe/be/ge/ie/ke/le/me/oe/we0 e0"e0xe_se_teageaueb.ebleboec0ecl'
        'ed\'ed.eeaef-eidel/em"emben(engeqter"er/er]erneryes"es.esoesuet)et/et=etiettexlf "f bf if0 falfew'
        'ff ff:fffflifoufoxfsifsyfunfy[g gg hg.bg.cg.hg.lg.tg.wg/bg/dg/fg/jg/kg/ng/oge"ge/gecgemgitgooh a'
        'h hh wh.dhachavhichtmi fi/ i/"iacic ic"ic.ic/icrictid)id,idaideidgidlig igrik)il:ildiluilyim\'im@'
        "in/io.ir ir=ircirsit.it/it:ixeizdizojaxk 'k (k ik sk_aki/kiekilkipksel  l al cl ll.ml.ol.pl.ql.t"
        'l.wla@laglallamlavlibliflimlivlkbltsluclutly"m im km lm.smagmaxmbfmd0me"me_migmodmp"ms=mssn ]n b'
        "n en in nn vn wn.an.bn.cn.dn.ln.un/in/jn/ln/rn/wn=ona'na]nabnc-nc:ncpncrncsnd=ndpne.negnesnetnew"
        "ng:nifniqniznn0nnonnwns'ns-ns/ns@nsant\"nt]o /o ho io no ro to uo vo-ao-bo-so: ob'oc/occocuod)ofb"
        'og"og-ogsok[ok_okioksom"om,omaon"on-on_oncoogoozop-op.oplopsopyorboriot]ot_oubovaoy"oy)oymp fp j'
        'p mp.ip/cp/rp/spampdfpe"peopesph:phcpl.plypp/ppappoptsq-rr ar er fr or ur.br.er.lr.mr.nr.ur/br/r'
        "r:?r=/r=br=era.rairalrcord.rd[rddre/reerehrelremrevri ri=riork.rk_rksrm.rm=rnsrosrovrrurs\\rssrsy"
        "rt=rt]rthrtrry(ryss es ls ms os us).s-bs-ps.as.ls.ms.ns.os.ps.rs/is:0s=ssamse=shbsiasicsiusk0ski"
        "sklslesp splss]ssossqst=stcstgstistst (t at it lt mt rt ut-bt-et-ft-tt.0t.dt.it.jt.yt/et/ft/jt/k"
        't/nt/ot/qt/ut:it={ta/tclte"teitexth0th]th_thathitiltittivtl=tlotoktp"tplts,ts-tsetsststttytumub='
        'uctueeuinuisuitul:ulkun(up@uppurtushut"ut)utdutsuttv/dv/oviowe wn.womx fx0bxexxpaxs0y dy ey ky l'
        'y uy vy-by.0y.jy.yy/fy/hy/oy/ry=fy=wymayseyslzip{"c{"i{"n{"p}{n'
    ),
    7: (
        '  "  a  m  r "0 "a "b "r "t \'\' \'m (" (b (e (o (t (w (y +c /  /b /j /k /n /o /q 0. [" [_ [g [r [u'
        ' [y ao eh eo ep fl i/ iv ka kn nt nu o. ok ol sn tt ui vs" h" v"/f"0b"0c"0d"0e"c0"do"gu"is"iv"mq'
        '"pl"rs"sn) () p* a, o, {,"f,"h,"n- b- f- g- o- p- u-0--0}.0).ao.as.cs.db.gi.hi.il.jd.so.sv.to/cl'
        '/cr/sa/sd0  0 (0 f0 k0 n0 t0),0-a0/a0/d0/i0/s00t00z0:c0a 0c 0d]0e 0e\\0f 0f]0fs0zt: (: e: l:"f:"k'
        ':"o:"q:"v; b="n="p=0.> h[at[cr[im[na] g] h] t] v] w][ta :a ba ea ka ra va.oa.ta/aa/ra/wa0\\ab-abo'
        'ac0acuadtagaaihal"al=alcalqalvalyam.amban\'an@anianyaraarbargarmas"as-ay,ay[b "b cb db hb nb-cb-d'
        "b-eb-fb0\\b0]ba-babbafbeibepbsebucburbusby:c ic rc.gc.jc0\\ca0caecbacbccbdcbecbfcc-cclce-ce0cefcen"
        'ch"chmck.co codcoocopcovcowcrmct-cthctsctud [d jd kd md rd-sd0.d0\\d0]d:td=[d=bd=cda$dandb"dbdddb'
        "de.de0de:de]deadecdf df-dfbdfcdfddffdfidiedimdume \\e je ne pe ue-de-fe.be.fe.ue/.e/de/qe/te0\\e0]"
        "e=ae=be=ce=ie=pea0ed-ed/ed0ed_edbedlednee-eebeeeeefeexefdegeegreimeirel-elcelielsem]emyepeertes_"
        "esiet:et[etuetwetyewcewfeyef 'f ef0\\facfanfaofasfe-feafebfedfeffepffaffbfutg (g eg lg qg.0g.og.u"
        "ge.gi0gi:giogo-h -h dh th0)hazhemheshomhr/ht hthiagiaric:idbigeigiil im}in.inuioeiolisait-it_its"
        "joik .k dk fk hk tk wke(l 'l wl.hla'le\"le(le)le,le/leglk llslonlotltaltnltom  m am dm fm gm hm m"
        'm nm pm wm.rmibmosmoump0mpems.n "n (n hn on qn..n=sn][na"na-naunctncund"nd[nd_ndtneaneenflng)ng-'
        'ng=nouns[nslnt-nt[o 0o fo go po qo wo.fob)odbodhodiof.ofaogdoglognogrokcol"oleolvom:omcon[on]ong'
        'onlonpoo0oodoomoooop"op,op@or"or_ornot"ot\'ot/ot@ou=ougow-owdozyp [p bp np op pp.ap.bp.dp.fp.jp.m'
        'p.np.rp.up.wp/lpaqpaupe[pi-pippl]ppmpscpt-pthr (r kr lr nr"}r-ur.dr.fr.pr.zr/ar/gr/ir/jr/mr/pr/t'
        'r/wr=fr=gr=ir=jr=kr=lraframrclrcurd-re"rerrewribrk:rkmrn-rodrokroprs?rt:rtcru0ry_rycryfs ps ys.j'
        's.qs.vs.wsanse.se/sensh sidsimsp;sr sress"stfsudsuit  t "t [t gt jt nt"}t/bt0}t=at=ct=mt=wta ta"'
        'ta-ta0tc"tcgte;te_teategth:thtto=tp[tputs_ttltunubjue=ueauetue}um(un$un/uncunfup"up\'upcupgur urs'
        'us\'us@ut.ut:utpv0eve"ve.ve/ve:ve=vesvidwsty 0y oy wys"yscz"}{"@{"m{"u'
    ),
    8: (
        "  f  p \"f \"j \"l 'o 'u 'w (_ (f (g (h (j (l -p /. 0: <i [{ ab b0 cp dc dr e0 ea fs i0 ig my ns oo"
        ' ov pw rh uv" (" w"0f":t) o* ++0x, -, b, m- e- h- j- k- l- m- n-0 -0.-0a-0b-0c-0d-0e-0f.0:.a0.aw'
        '.sa/0/0 b0-b0-c0-d0-f0.c0.j0.o0/c0/j0/r0/t0/w00"00#00)00+00}0a\\0c\\0c]0d.0e]0er0f\\0fx0t": g: j: v'
        ':"h:0]:0}="e="l="t="y=0]=0s> q[0.[ig] b] j] q][m_0_a.pa.va0.a0_abdabfacyad\'ad(ad:adbadcadfagiaid'
        "al-al0am=amlan-aneap:aptar.arkat/atlbaebebbigc  c (c dc tc wc.tc0.ca_camccbcccccdccfce,cebch,ch["
        'ch_chscktd dd ed hd qd {d"]d=nda,dabdaidaydbbdbede_difds)ds-ds_dsae =e >e-ge. e.oe.qe:de=fe=je=r'
        "ea-eaaeb:eb\\ebbebcebdebeebfeciecsed=ed[ee:efbeffeiuelpem=en_enoenyer,erberderues'es,es/es:es@es]"
        'et,et-ev/ex.ex:ex=f0]fa-faafabfadfafg mg"}g.ig.jg.ng.yge-godha.he)helhteic,ichig0il-ilqilsim"im)'
        'in"in:in?incio iodis[ismisrit>it]itbitck  k lk pk rl nl ql ula"la:laclaple:le=le_lexllrlo lovm b'
        "m em jm qm.hma ma'ma@mayme(me.mp ms,n jn lna)nainc)nc[nccncfndbngcngrns)ns=nssntpo eo.oocsod_of\""
        "og)ogfom0om>on/op(op_opbopfor'or=orroruottow(owaowrp wp/ap/tpa pa;pelpi)pl\"plcpp=pprr /r <r gr j"
        "r vr-mr-rr.tr.vr.yr/er/fr:nradrd're're,re-rigrivrmprozrrars:rs]rs_rsort'rt,rt@rt[rt_rtdrtjrtyrvp"
        'ry\'ry,ry[ryjryrs vs"}s..s.bs.es.hs.usabsaishmsibss-ss.ss:ssjst"st,st-st.st/stusufsy?t -t.ut/.t0,'
        't=nta.tagtcute,tebtecth)thcthutietohtp.trhts\'ts]ue,uedueiup_upeuptuscut=ve-vecwelwir{"d{"h'
    ),
    9: (
        '  i  k  n  u  v  w "  "u [  [f [l [o a0 ci d0 f0 i  mu o  os pm s, sm sp sq w0":f.0}.sq0 g0 l0 v'
        '0. 0.e0.h0/g0/l0/o0/q00_00a00b00c00d00e00f00m0],0]]: \\: m: o: q:",:"-:"[:"z:0 =0"=0a=0e=0f=0h[0a'
        '[0b[0d]  ] k] n][/ac-ad,ad]adjadladpadral]al_am]amdamoamsan"an]ap-ap.ar"ar:as.as:ca-cadce[cecced'
        "ch]chtcklckoco/ct=ctcctfctjd /d vd yda-daadacdaddaode/e  e (e.0e.yeaeeapeavecdecrecvedsedtelfely"
        "emcen,en/er$er)er_ercerferkes)es[escesqet(et;ex-ex0folg /gexhe:he_heiho0ic-icdicwie il\"ilfin'in@"
        "inkinpinxiouis\"is.is/islitaitmittle-leblemll'llpmefmp=ms)ms:n 'n /nacnd(nfang,ng[ngfngjnglngtnov"
        "ntcntvo \"o zod,odcom_on'on)onaonoor/os ot)ot-othotlpanpi,pl@r -r \\rasrayre)re;re_rogrojrt$rt(rt?"
        'rtartbrtfrvas "s \'s ]se"se,se:seesegsexshjshlst)stdt ;t @t kta]thytipto(to-tofts(tsluefup;us.usy'
        "utuviavitwaby -y z"
    ),
    10: (
        '  <  ]  b  e  j  o  { 0) 0, 0/ 0] 0a 0b 0c 0d 0e 0f 0x 0y [[ [b [j [k [q [v c0 rb s; sk sw" x, k'
        ',"v-0"-0\'-0,-0/-0p.0%.0,.0-.0/.0].0a.0e.0g.0s/0 /0x0 #0 /0 ;0 @0 ]0 q0 |0,c0-k0-o0.d0.l0.n0.p0.r'
        "0.s0.t00%00'00;00?00\\00g00h00k00l00n00p00r00s00x0:d0:g0:s0:x0]\"0]): <: k: z: {:0,:0.:0a[0c[0s] ("
        "] -] /acaacfaclacoaljalman/arrat.atmcafce#ce'ce\\ceacejcetch(chcchpco\"cofct(d  d 'd \\deeec\"eccecf"
        "eched)ed;ed]edceddedfedjedpedveljen]enser#er'er(er;er?er[er\\erherjerleroetffo:fo>g -iccin$in,inb"
        "inlinminnio/lefleoloblodma\"ma)n -n gn |na/ng'ng_nt'nt)nt_ntfntjntlo \\omfon(on,onjonmonvor$or(or)"
        "or0orcr qre=re[rebreirejrexs {se@se[sevst(t yta:ta[takte(te0te=teeteltettigtisve]veg"
    ),
}
